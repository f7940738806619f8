# The virtual network: a subnet for the apps, one for the database, one for private endpoints when there are any.

resource "azurerm_virtual_network" "this" {
  name                = "${var.name}-vnet"
  resource_group_name = var.resource_group_name
  location            = var.location
  address_space       = [var.address_space]
  tags                = var.tags
}

resource "azurerm_subnet" "apps" {
  name                 = "apps"
  resource_group_name  = var.resource_group_name
  virtual_network_name = azurerm_virtual_network.this.name
  address_prefixes     = [local.apps_prefix]
  service_endpoints    = ["Microsoft.Storage", "Microsoft.KeyVault"]

  delegation {
    name = "container-apps"
    service_delegation {
      name    = "Microsoft.App/environments"
      actions = ["Microsoft.Network/virtualNetworks/subnets/join/action"]
    }
  }
}

resource "azurerm_subnet" "database" {
  name                            = "database"
  resource_group_name             = var.resource_group_name
  virtual_network_name            = azurerm_virtual_network.this.name
  address_prefixes                = [local.database_prefix]
  default_outbound_access_enabled = false
  # The server archives its log to storage.
  service_endpoints = ["Microsoft.Storage"]

  delegation {
    name = "postgresql"
    service_delegation {
      name    = "Microsoft.DBforPostgreSQL/flexibleServers"
      actions = ["Microsoft.Network/virtualNetworks/subnets/join/action"]
    }
  }
}

resource "azurerm_subnet" "endpoints" {
  count = var.private_endpoints ? 1 : 0

  name                              = "endpoints"
  resource_group_name               = var.resource_group_name
  virtual_network_name              = azurerm_virtual_network.this.name
  address_prefixes                  = [local.endpoints_prefix]
  default_outbound_access_enabled   = false
  private_endpoint_network_policies = "Enabled"
}

resource "azurerm_network_security_group" "apps" {
  name                = "${var.name}-apps-nsg"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags

  # Azure's own last rules let in the virtual network and the load balancer's probes, and nobody else.
  dynamic "security_rule" {
    for_each = length(var.https_cidrs) > 0 ? [1] : []
    content {
      name                       = "https"
      description                = "HTTPS from the ranges that may call an app"
      priority                   = 100
      direction                  = "Inbound"
      access                     = "Allow"
      protocol                   = "Tcp"
      source_address_prefixes    = var.https_cidrs
      source_port_range          = "*"
      destination_address_prefix = local.apps_prefix
      destination_port_ranges    = ["443", "31443"] # 31443: the port of the environment's own proxy
    }
  }
}

resource "azurerm_network_security_group" "database" {
  name                = "${var.name}-database-nsg"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags

  security_rule {
    name                       = "postgresql"
    description                = "PostgreSQL from the apps, and between a server and its standby"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefixes    = [local.apps_prefix, local.database_prefix]
    source_port_range          = "*"
    destination_address_prefix = local.database_prefix
    destination_port_ranges    = ["5432", "6432"]
  }

  security_rule {
    name                       = "nobody-else"
    description                = "Before Azure's rule that lets in the whole network"
    priority                   = 4000
    direction                  = "Inbound"
    access                     = "Deny"
    protocol                   = "*"
    source_address_prefix      = "*"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "*"
  }
}

resource "azurerm_network_security_group" "endpoints" {
  count = var.private_endpoints ? 1 : 0

  name                = "${var.name}-endpoints-nsg"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags

  security_rule {
    name                       = "https"
    description                = "Lake and vault, from the apps"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = local.apps_prefix
    source_port_range          = "*"
    destination_address_prefix = local.endpoints_prefix
    destination_port_range     = "443"
  }

  security_rule {
    name                       = "nobody-else"
    description                = "Before Azure's rule that lets in the whole network"
    priority                   = 4000
    direction                  = "Inbound"
    access                     = "Deny"
    protocol                   = "*"
    source_address_prefix      = "*"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "*"
  }
}

resource "azurerm_subnet_network_security_group_association" "apps" {
  subnet_id                 = azurerm_subnet.apps.id
  network_security_group_id = azurerm_network_security_group.apps.id
}

resource "azurerm_subnet_network_security_group_association" "database" {
  subnet_id                 = azurerm_subnet.database.id
  network_security_group_id = azurerm_network_security_group.database.id
}

resource "azurerm_subnet_network_security_group_association" "endpoints" {
  count = var.private_endpoints ? 1 : 0

  subnet_id                 = azurerm_subnet.endpoints[0].id
  network_security_group_id = azurerm_network_security_group.endpoints[0].id
}

# Names that only this network resolves
resource "azurerm_private_dns_zone" "this" {
  for_each = local.zones

  name                = each.value
  resource_group_name = var.resource_group_name
  tags                = var.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "this" {
  for_each = local.zones

  name                  = each.key
  resource_group_name   = var.resource_group_name
  private_dns_zone_name = azurerm_private_dns_zone.this[each.key].name
  virtual_network_id    = azurerm_virtual_network.this.id
  tags                  = var.tags
}

locals {
  apps_prefix      = cidrsubnet(var.address_space, 3, 0) # /27
  database_prefix  = cidrsubnet(var.address_space, 4, 2) # /28
  endpoints_prefix = cidrsubnet(var.address_space, 4, 3) # /28

  zones = merge(
    { database = "${var.name}.private.postgres.database.azure.com" },
    var.private_endpoints ? { lake = "privatelink.blob.core.windows.net", vault = "privatelink.vaultcore.azure.net" } : {},
  )
}
