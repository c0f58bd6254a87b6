"""Who a number belongs to: vendor registries, compiled from maintained packages and shipped with us."""
