variable "name" {
  description = "Storage account."
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

variable "replication" {
  description = "LRS, ZRS, GRS or GZRS."
  type        = string
}

variable "filesystem_names" {
  description = "Containers."
  type        = set(string)
}

variable "written_containers" {
  description = "Containers that the collection writes."
  type        = set(string)
}

variable "meteo_container" {
  description = "Container of the weather data."
  type        = string
}

variable "meteo_folders" {
  description = "Folders of the weather data."
  type        = set(string)
}

variable "create_folders" {
  description = "Make the folders here; the collection makes those it needs."
  type        = bool
}

variable "cool_after_days" {
  description = "Days without a change after which a file moves to the cool tier."
  type        = number
}

variable "public_network_access_enabled" {
  description = "Whether the firewall's subnets and addresses count; false: private endpoints only."
  type        = bool
}

variable "subnet_ids" {
  description = "Subnets that reach the lake."
  type        = list(string)
}

variable "operator_ips" {
  description = "Addresses that reach the lake."
  type        = list(string)
}

variable "trusted_resource_ids" {
  description = "Azure resources that the firewall lets in by their identity."
  type        = list(string)
}

variable "writer_principal_ids" {
  description = "Identities that collect, by a name for each."
  type        = map(string)
}

variable "reader_principal_ids" {
  description = "Identities that read all of the lake, by a name for each."
  type        = map(string)
}

variable "log_analytics_workspace_id" {
  description = "Where the logs go."
  type        = string
}
