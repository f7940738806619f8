variable "name" {
  description = "First part of every name."
  type        = string
}

variable "vault_name" {
  description = "Key Vault, unique in the world."
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

variable "tenant_id" {
  description = "Entra tenant of the vault."
  type        = string
}

variable "operator_object_id" {
  description = "Who applies."
  type        = string
}

variable "public_network_access_enabled" {
  description = "Whether the firewall's subnets and addresses count; false: a private endpoint only."
  type        = bool
}

variable "subnet_ids" {
  description = "Subnets that reach the vault."
  type        = list(string)
}

variable "operator_ips" {
  description = "Addresses that reach the vault."
  type        = list(string)
}

variable "secrets" {
  description = "Values of secrets_to_write; null for the others."
  type        = map(string)
  sensitive   = true
  ephemeral   = true
}

variable "secrets_to_write" {
  description = "Secrets that this apply writes."
  type        = set(string)
}

variable "secret_versions" {
  description = "Version of each secret, 1 when not named."
  type        = map(number)
}

variable "city_db" {
  description = "Whether communes come from an operator's database."
  type        = bool
}

variable "notify" {
  description = "Whether the flows notify by themselves too."
  type        = bool
}

variable "prefect" {
  description = "Whether there is a Prefect server."
  type        = bool
}

variable "log_analytics_workspace_id" {
  description = "Where the logs go."
  type        = string
}
