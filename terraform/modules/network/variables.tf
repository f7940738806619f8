variable "name" {
  description = "First part of every name."
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

variable "address_space" {
  description = "Addresses of the network, a /24."
  type        = string
  default     = "10.20.0.0/24"

  validation {
    condition     = can(cidrnetmask(var.address_space)) && endswith(var.address_space, "/24")
    error_message = "address_space: a /24, such as 10.20.0.0/24."
  }
}

variable "https_cidrs" {
  description = "Ranges that may reach the apps over HTTPS."
  type        = list(string)
}

variable "private_endpoints" {
  description = "Have a subnet and DNS zones for private endpoints."
  type        = bool
}
