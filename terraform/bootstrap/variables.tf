variable "resource_group_name" {
  description = "Resource group that holds the state, apart from the platform's."
  type        = string
  default     = "rg-hydrotheque-tfstate"

  validation {
    condition     = can(regex("^[A-Za-z0-9_().-]{0,89}[A-Za-z0-9_()-]$", var.resource_group_name))
    error_message = "resource_group_name: 1 to 90 letters, digits, _ ( ) . or -, and no dot at the end."
  }
}

variable "resource_group_location" {
  description = "Azure region."
  type        = string
  default     = "francecentral"

  validation {
    condition = contains([
      "francecentral", "francesouth", "westeurope", "northeurope", "germanywestcentral", "swedencentral",
      "italynorth", "spaincentral", "polandcentral", "austriaeast", "belgiumcentral",
    ], var.resource_group_location)
    error_message = "resource_group_location: a region of the European Union, such as francecentral or westeurope."
  }
}

variable "state_account_name" {
  description = "Storage account of the state, unique in the world."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{2,23}$", var.state_account_name))
    error_message = "state_account_name: 3 to 24 lower-case letters and digits, a letter first."
  }
}

variable "operator_ips" {
  description = "Public IPv4 addresses from which people and runners apply."
  type        = list(string)

  validation {
    condition = length(var.operator_ips) > 0 && alltrue([
      for ip in var.operator_ips : can(cidrhost(strcontains(ip, "/") ? ip : "${ip}/32", 0)) && !strcontains(ip, ":")
    ])
    error_message = "operator_ips: one IPv4 address or range at least, such as 203.0.113.7 or 203.0.113.0/28."
  }
  validation {
    condition     = alltrue([for ip in var.operator_ips : contains([24, 25, 26, 27, 28, 29, 30, 32], try(tonumber(split("/", ip)[1]), 32))])
    error_message = "operator_ips: ranges of 256 addresses at most (/24 to /30, which is what storage takes): nothing is opened to the world."
  }
}

variable "operator_object_ids" {
  description = "Entra object ids of further people and runners that apply; whoever runs this is one already."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for id in var.operator_object_ids : can(regex("^[0-9a-fA-F-]{36}$", id))])
    error_message = "operator_object_ids: GUIDs, as `az ad user show --query id` prints."
  }
}
