output "workspace_id" {
  description = "Log Analytics workspace."
  value       = azurerm_log_analytics_workspace.this.id
}

output "insights_connection_string" {
  description = "Address of Application Insights; alone it lets nobody in (local authentication is off)."
  value       = azurerm_application_insights.this.connection_string
  sensitive   = true
}
