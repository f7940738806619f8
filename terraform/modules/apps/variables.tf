variable "name" {
  description = "First part of every name."
  type        = string
}

variable "registry_name" {
  description = "Container Registry, unique in the world."
  type        = string
}

variable "resource_group_name" {
  description = "Resource group."
  type        = string
}

variable "location" {
  description = "Azure region."
  type        = string
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
}

variable "subnet_id" {
  description = "Subnet of the environment."
  type        = string
}

variable "subnet_prefix" {
  description = "Addresses of that subnet."
  type        = string
}

variable "zone_redundancy" {
  description = "Spread the environment over the region's zones."
  type        = bool
}

variable "identities" {
  description = "Identity of each workload: api, worker, setup, and prefect with a Prefect server."
  type = map(object({
    id           = string
    client_id    = string
    principal_id = string
  }))
}

variable "vault_uri" {
  description = "Address of the vault."
  type        = string
}

variable "secret_names" {
  description = "Names of the secrets in the vault."
  type        = map(string)
}

variable "lake_name" {
  description = "Storage account of the lake."
  type        = string
}

variable "database_host" {
  description = "PostgreSQL server."
  type        = string
}

variable "admin_login" {
  description = "Administrator of the server."
  type        = string
}

variable "readonly_username" {
  description = "Login of the analysts."
  type        = string
}

variable "city_db" {
  description = "Whether communes come from an operator's database."
  type        = bool
}

variable "notify" {
  description = "Whether the flows notify by themselves too."
  type        = bool
}

variable "image_tag" {
  description = "Tag of the image; empty: nothing runs yet."
  type        = string
}

variable "settings" {
  description = "Further HYDROTHEQUE_ settings."
  type        = map(string)
}

variable "algorithm" {
  description = "Signature of the API's tokens."
  type        = string
}

variable "api_enabled" {
  description = "Run the API."
  type        = bool
}

variable "api_allowed_cidrs" {
  description = "Who may call the API."
  type        = list(string)
}

variable "api_min_replicas" {
  description = "Replicas at least."
  type        = number
}

variable "api_max_replicas" {
  description = "Replicas at most."
  type        = number
}

variable "prefect_server" {
  description = "Schedules in a Prefect server, not in jobs."
  type        = bool
}

variable "operator_ips" {
  description = "Addresses that reach the Prefect server."
  type        = list(string)
}

variable "insights_connection_string" {
  description = "Application Insights; it takes data of known identities only."
  type        = string
}

variable "log_analytics_workspace_id" {
  description = "Where the logs go."
  type        = string
}
