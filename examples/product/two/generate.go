package main

//go:generate go tool esogen generate
