output "vault_id" {
  description = "Key Vault."
  value       = azurerm_key_vault.this.id
}

output "vault_uri" {
  description = "Address of the vault."
  value       = azurerm_key_vault.this.vault_uri
}

output "identities" {
  description = "Identity of each workload: resource, client and principal ids."
  value = { for name, identity in azurerm_user_assigned_identity.this : name => {
    id           = identity.id
    client_id    = identity.client_id
    principal_id = identity.principal_id
  } }
}

output "secret_names" {
  description = "Names of the secrets in the vault."
  value       = module.secrets.names
}
