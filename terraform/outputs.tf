output "registry" {
  description = "Where the image goes."
  value       = module.apps.registry
}

output "api_url" {
  description = "Address of the API; null while it does not run."
  value       = module.apps.api_url
}

output "prefect_url" {
  description = "Address of the Prefect server; null without one."
  value       = module.apps.prefect_url
}

output "jobs" {
  description = "Jobs, with the cron expression (UTC) of those that have one."
  value       = module.apps.jobs
}

output "lake" {
  description = "Storage account of the lake."
  value       = module.lake.name
}

output "database_host" {
  description = "PostgreSQL server, a name that only the private network resolves."
  value       = module.database.host
}

output "vault_uri" {
  description = "Key Vault."
  value       = module.security.vault_uri
}

output "databricks_url" {
  description = "Address of the Databricks workspace; null without one."
  value       = one(module.databricks[*].workspace_url)
}
