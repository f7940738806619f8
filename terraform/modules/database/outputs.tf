output "id" {
  description = "Server."
  value       = azurerm_postgresql_flexible_server.this.id
}

output "host" {
  description = "Name that the private network resolves."
  value       = azurerm_postgresql_flexible_server.this.fqdn
}
