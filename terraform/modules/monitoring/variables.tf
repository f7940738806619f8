variable "name" {
  description = "First part of every name."
  type        = string
}

variable "environment" {
  description = "dev or prod."
  type        = string
}

variable "resource_group_name" {
  description = "Resource group."
  type        = string
}

variable "resource_group_id" {
  description = "Resource group that the budget counts."
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

variable "daily_cap_gb" {
  description = "Logs a day at most, GB."
  type        = number
}

variable "retention_days" {
  description = "Days for which logs are kept."
  type        = number
}

variable "users_notification" {
  description = "Who is told."
  type        = list(string)
}

variable "monthly_budget" {
  description = "Cost a month at which people are told."
  type        = number
}

variable "api_principal_id" {
  description = "Identity that sends measures."
  type        = string
}

variable "api_runs" {
  description = "Whether there is an API to watch."
  type        = bool
}

variable "api_id" {
  description = "The API's app, or null."
  type        = string
}

variable "database_id" {
  description = "PostgreSQL server."
  type        = string
}
