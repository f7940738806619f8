# The secrets of the vault, and who reads each. Their values pass through, and stay in neither plan nor state.

# Names and versions of what the vault holds; no value.
data "azurerm_key_vault_secrets" "current" {
  key_vault_id = var.vault_id
}

resource "azurerm_key_vault_secret" "this" {
  # checkov:skip=CKV_AZURE_41:a password that expires by itself stops the platform; README says how to change each
  for_each = var.names

  name         = replace(each.value, "_", "-")
  key_vault_id = var.vault_id
  content_type = "text/plain"
  # Sent when the version changes, and only then; the provider wants a value all the same.
  value_wo         = contains(var.to_write, each.value) ? var.values[each.value] : local.unchanged
  value_wo_version = local.versions[each.value]
  tags             = merge(var.tags, { version = tostring(local.versions[each.value]) })

  lifecycle {
    precondition {
      condition     = contains(var.to_write, each.value) || lookup(local.held, replace(each.value, "_", "-"), "") == tostring(local.versions[each.value])
      error_message = "The vault does not hold version ${local.versions[each.value]} of ${each.value}: name it in secrets_to_write, with its value in TF_VAR_${each.value}."
    }
  }
}

resource "azurerm_role_assignment" "reader" {
  for_each = { for pair in flatten([
    for identity, secrets in var.reads : [for secret in secrets : { identity = identity, secret = secret }]
  ]) : "${pair.identity}/${pair.secret}" => pair }

  scope                = azurerm_key_vault_secret.this[each.value.secret].resource_versionless_id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = var.principal_ids[each.value.identity]
  principal_type       = "ServicePrincipal"
}

locals {
  versions  = { for name in var.names : name => lookup(var.versions, name, 1) }
  held      = { for secret in data.azurerm_key_vault_secrets.current.secrets : secret.name => lookup(secret.tags, "version", "") }
  unchanged = "Unchanged-0-and-never-sent"
}
