# Who the workloads are, and the vault with what they may know: an identity each, a secret at a time.

resource "azurerm_user_assigned_identity" "this" {
  for_each = local.reads

  name                = "${var.name}-${each.key}"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags
}

resource "azurerm_key_vault" "this" {
  # checkov:skip=CKV_AZURE_189:public_network_access_enabled is false unless addresses or subnets are let in one by one; the firewall denies the rest
  # checkov:skip=CKV2_AZURE_32:the switch private_endpoints adds one; a service endpoint costs nothing
  name                = var.vault_name
  resource_group_name = var.resource_group_name
  location            = var.location
  tenant_id           = var.tenant_id
  sku_name            = "standard"
  tags                = var.tags

  rbac_authorization_enabled    = true
  purge_protection_enabled      = true
  soft_delete_retention_days    = 90
  public_network_access_enabled = var.public_network_access_enabled

  network_acls {
    default_action             = "Deny"
    bypass                     = "AzureServices"
    virtual_network_subnet_ids = var.subnet_ids
    ip_rules                   = var.operator_ips
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_monitor_diagnostic_setting" "vault" {
  name                       = "log-analytics"
  target_resource_id         = azurerm_key_vault.this.id
  log_analytics_workspace_id = var.log_analytics_workspace_id

  enabled_log {
    category = "AuditEvent"
  }

  enabled_metric {
    category = "AllMetrics"
  }
}

# Whoever applies writes the secrets.
resource "azurerm_role_assignment" "operator" {
  scope                = azurerm_key_vault.this.id
  role_definition_name = "Key Vault Secrets Officer"
  principal_id         = var.operator_object_id
}

module "secrets" {
  source = "./secrets"

  # The vault, by way of the role without which it refuses to list and to write
  vault_id      = azurerm_role_assignment.operator.scope
  tags          = var.tags
  names         = local.secrets
  values        = var.secrets
  to_write      = var.secrets_to_write
  versions      = var.secret_versions
  reads         = local.reads
  principal_ids = { for name, identity in azurerm_user_assigned_identity.this : name => identity.principal_id }
}

locals {
  secrets = setunion(
    ["admin_password", "owner_password", "api_service_password", "readonly_password", "secret_key"],
    local.collected,
    var.prefect ? ["prefect_auth"] : [],
  )

  # Which secrets each workload reads
  collected = concat(var.city_db ? ["city_db_pwd"] : [], var.notify ? ["notify_urls"] : [])
  reads = merge(
    {
      api    = ["api_service_password", "secret_key"]
      worker = concat(["owner_password"], local.collected)
      # Creates the roles, so it is told all their passwords.
      setup = ["admin_password", "owner_password", "api_service_password", "readonly_password"]
    },
    var.prefect ? { prefect = concat(["owner_password", "prefect_auth"], local.collected) } : {},
  )
}
