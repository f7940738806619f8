output "apps_subnet_id" {
  description = "Subnet of the Container Apps environment."
  # The rules stand before anything runs in the subnet.
  value      = azurerm_subnet.apps.id
  depends_on = [azurerm_subnet_network_security_group_association.apps]
}

output "apps_prefix" {
  description = "Addresses of the apps."
  value       = local.apps_prefix
}

output "database_subnet_id" {
  description = "Subnet delegated to PostgreSQL."
  value       = azurerm_subnet.database.id
  depends_on  = [azurerm_subnet_network_security_group_association.database]
}

output "endpoints_subnet_id" {
  description = "Subnet of the private endpoints; null without them."
  value       = one(azurerm_subnet.endpoints[*].id)
}

output "dns_zone_ids" {
  description = "Private DNS zones by use: database, and lake and vault with private endpoints."
  value       = { for use, zone in azurerm_private_dns_zone.this : use => zone.id }
  depends_on  = [azurerm_private_dns_zone_virtual_network_link.this]
}
