output "registry" {
  description = "Address of the registry."
  value       = azurerm_container_registry.this.login_server
}

output "environment_id" {
  description = "Container Apps environment."
  value       = azurerm_container_app_environment.this.id
}

output "api_id" {
  description = "The API's app; null while it does not run."
  value       = one(azurerm_container_app.api[*].id)
}

output "api_url" {
  description = "Address of the API; null while it does not run."
  value       = one([for app in azurerm_container_app.api : "https://${app.ingress[0].fqdn}"])
}

output "prefect_url" {
  description = "Address of the Prefect server; null without one."
  value       = one([for app in azurerm_container_app.prefect : "https://${app.ingress[0].fqdn}"])
}

output "jobs" {
  description = "Jobs, by name, with the cron expression (UTC) of those that have one."
  value = merge(
    { for job in azurerm_container_app_job.on_demand : job.name => "on demand" },
    { for job in azurerm_container_app_job.scheduled : job.name => job.schedule_trigger_config[0].cron_expression },
  )
}
