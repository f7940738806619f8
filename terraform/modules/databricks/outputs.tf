output "workspace_url" {
  description = "Address of the workspace."
  value       = "https://${azurerm_databricks_workspace.this.workspace_url}"
}

output "connector_id" {
  description = "Access connector, which the lake's firewall lets in."
  value       = azurerm_databricks_access_connector.this.id
}

output "principal_id" {
  description = "Identity of the access connector."
  value       = azurerm_databricks_access_connector.this.identity[0].principal_id
}
