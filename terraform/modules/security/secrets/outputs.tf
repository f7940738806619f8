output "names" {
  description = "Names of the secrets in the vault."
  value       = { for name, secret in azurerm_key_vault_secret.this : name => secret.name }
  # Whoever is told a name may read it.
  depends_on = [azurerm_role_assignment.reader]
}
