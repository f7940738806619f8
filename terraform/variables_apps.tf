# What runs, and the switches

variable "image_tag" {
  description = "Tag of the image hydrotheque in the registry. Empty: neither jobs nor API yet, as in the first apply."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$|^$", var.image_tag)) && var.image_tag != "latest"
    error_message = "image_tag: a tag that always means the same image, such as a version or a commit; not latest."
  }
}

variable "api_enabled" {
  description = "Run the API. False until the first run has built the tables: an API that cannot answer is never ready."
  type        = bool
  default     = true
}

variable "algorithm" {
  description = "Signature of the API's tokens."
  type        = string
  default     = "HS256"

  validation {
    condition     = contains(["HS256", "HS384", "HS512"], var.algorithm)
    error_message = "algorithm: HS256, HS384 or HS512."
  }
}

variable "api_min_replicas" {
  description = "Replicas of the API that always run; 0: the first call after a pause waits for a start."
  type        = number
  default     = 0

  validation {
    condition     = var.api_min_replicas >= 0 && var.api_min_replicas <= var.api_max_replicas
    error_message = "api_min_replicas: 0 to api_max_replicas."
  }
}

variable "api_max_replicas" {
  description = "Replicas of the API at most. Each holds up to 24 connections: a B1ms server has 35 to give."
  type        = number
  default     = 1

  validation {
    condition     = var.api_max_replicas >= 1 && var.api_max_replicas <= 10
    error_message = "api_max_replicas: 1 to 10."
  }
}

variable "settings" {
  description = "Further settings of jobs and API, HYDROTHEQUE_… as in README; no secret."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.settings) : startswith(name, "HYDROTHEQUE_")])
    error_message = "settings: names start with HYDROTHEQUE_."
  }
  validation {
    condition     = alltrue([for name in keys(var.settings) : !can(regex("PASSWORD|SECRET|TOKEN|_KEY", name))])
    error_message = "settings: they are kept in the state; a secret goes to the vault (secrets_to_write)."
  }
}

variable "notify" {
  description = "The flows notify by themselves too, what Azure cannot see: guards, refused records. Needs notify_urls."
  type        = bool
  default     = false
}

variable "private_endpoints" {
  description = "Reach lake and vault by private addresses; without operator_ips they have no public one left."
  type        = bool
  default     = false
}

variable "prefect_server" {
  description = "Run the schedules in a Prefect server that always runs, in place of scheduled jobs."
  type        = bool
  default     = false
}

variable "databricks" {
  description = "A Databricks workspace that reads the lake."
  type        = bool
  default     = false
}

variable "log_daily_cap_gb" {
  description = "Logs kept a day at most, GB."
  type        = number
  default     = 0.5

  validation {
    condition     = var.log_daily_cap_gb >= 0.1 && var.log_daily_cap_gb <= 50
    error_message = "log_daily_cap_gb: 0.1 to 50; there is always a cap."
  }
}

variable "log_retention_days" {
  description = "Days for which logs are kept; the first 30 cost nothing."
  type        = number
  default     = 30

  validation {
    condition     = var.log_retention_days >= 30 && var.log_retention_days <= 730
    error_message = "log_retention_days: 30 to 730."
  }
}

variable "monthly_budget" {
  description = "Cost of the resource group a month at which people are told, in the currency of the subscription."
  type        = number
  default     = 40

  validation {
    condition     = var.monthly_budget > 0
    error_message = "monthly_budget: more than 0."
  }
}
