mock_provider "azurerm" {}

variables {
  name                = "hydrotheque-dev"
  resource_group_name = "rg-hydrotheque-test"
  location            = "francecentral"
  tags                = {}
  https_cidrs         = []
  private_endpoints   = false
}

run "nothing_is_open" {
  command = plan
  module {
    source = "./modules/network"
  }

  assert {
    condition     = length(azurerm_network_security_group.apps.security_rule) == 0
    error_message = "an app can be reached from outside"
  }
  assert {
    condition = [for rule in azurerm_network_security_group.database.security_rule : rule.source_address_prefixes if rule.access == "Allow"] == [
      toset(["10.20.0.0/27", "10.20.0.32/28"]),
    ] && anytrue([for rule in azurerm_network_security_group.database.security_rule : rule.access == "Deny" && rule.source_address_prefix == "*"])
    error_message = "the database answers to others than the apps"
  }
  assert {
    condition = (
      azurerm_subnet.apps.address_prefixes == tolist(["10.20.0.0/27"]) &&
      azurerm_subnet.apps.delegation[0].service_delegation[0].name == "Microsoft.App/environments" &&
      azurerm_subnet.apps.service_endpoints == toset(["Microsoft.Storage", "Microsoft.KeyVault"])
    )
    error_message = "the apps need a /27 of their own, and the way to lake and vault"
  }
  assert {
    condition = (
      azurerm_subnet.database.address_prefixes == tolist(["10.20.0.32/28"]) &&
      azurerm_subnet.database.delegation[0].service_delegation[0].name == "Microsoft.DBforPostgreSQL/flexibleServers" &&
      azurerm_subnet.database.default_outbound_access_enabled == false
    )
    error_message = "the database needs a subnet of its own, without a way out"
  }
  assert {
    condition     = length(azurerm_subnet.endpoints) == 0 && toset(keys(azurerm_private_dns_zone.this)) == toset(["database"])
    error_message = "private endpoints are made without having been asked for"
  }
}

run "what_is_asked_for_is_opened_and_nothing_else" {
  command = plan
  module {
    source = "./modules/network"
  }
  variables {
    https_cidrs       = ["203.0.113.0/24"]
    private_endpoints = true
  }

  assert {
    condition = [for rule in azurerm_network_security_group.apps.security_rule : [rule.source_address_prefixes, rule.destination_port_ranges, rule.access]] == [
      [toset(["203.0.113.0/24"]), toset(["443", "31443"]), "Allow"],
    ]
    error_message = "HTTPS from the ranges named, and nothing else"
  }
  assert {
    condition = (
      azurerm_subnet.endpoints[0].address_prefixes == tolist(["10.20.0.48/28"]) &&
      toset(keys(azurerm_private_dns_zone.this)) == toset(["database", "lake", "vault"])
    )
    error_message = "private endpoints need a subnet and the names of lake and vault"
  }
}
