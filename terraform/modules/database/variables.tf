variable "name" {
  description = "Server, unique in the world."
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
  description = "Entra tenant whose users may be roles."
  type        = string
}

variable "postgresql_version" {
  description = "Major version."
  type        = string
}

variable "sku" {
  description = "Size of the server."
  type        = string
}

variable "storage_mb" {
  description = "Disk, MB."
  type        = number
}

variable "backup_days" {
  description = "Days of backups."
  type        = number
}

variable "geo_backup" {
  description = "Backups in another region too."
  type        = bool
}

variable "high_availability" {
  description = "A standby in another zone."
  type        = bool
}

variable "admin_login" {
  description = "Administrator."
  type        = string
}

variable "admin_password" {
  description = "Password of the administrator; written when admin_password_version changes."
  type        = string
  sensitive   = true
  ephemeral   = true
}

variable "admin_password_version" {
  description = "Version of the password."
  type        = number
}

variable "entra_administrator" {
  description = "Entra administrator, or null."
  type = object({
    object_id      = string
    principal_name = string
    principal_type = string
  })
}

variable "subnet_id" {
  description = "Subnet delegated to PostgreSQL."
  type        = string
}

variable "private_dns_zone_id" {
  description = "Zone in which the server's name is."
  type        = string
}

variable "log_analytics_workspace_id" {
  description = "Where the logs go."
  type        = string
}
