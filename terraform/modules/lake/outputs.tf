output "id" {
  description = "Storage account."
  value       = azurerm_storage_account.this.id
}

output "name" {
  description = "Storage account."
  value       = azurerm_storage_account.this.name
  # Whoever is told the name may use it.
  depends_on = [azurerm_role_assignment.writer]
}

output "container_ids" {
  description = "Containers by name."
  value       = { for name, container in azurerm_storage_container.this : name => container.id }
}
