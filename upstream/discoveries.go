package main

import (
	"errors"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/discovery"

	// Those that need no software of a cloud's: their settings are judged.
	_ "github.com/prometheus/prometheus/discovery/consul"
	_ "github.com/prometheus/prometheus/discovery/dns"
	_ "github.com/prometheus/prometheus/discovery/eureka"
	_ "github.com/prometheus/prometheus/discovery/file"
	_ "github.com/prometheus/prometheus/discovery/http"
	_ "github.com/prometheus/prometheus/discovery/kubernetes"
	_ "github.com/prometheus/prometheus/discovery/marathon"
	_ "github.com/prometheus/prometheus/discovery/puppetdb"
	_ "github.com/prometheus/prometheus/discovery/triton"
	_ "github.com/prometheus/prometheus/discovery/zookeeper"
)

// unjudged has the keys that the present request used and that have no judge here.
var unjudged []string

func init() {
	discovery.RegisterConfig(&awsConfig{})
	discovery.RegisterConfig(&ec2Config{})
	discovery.RegisterConfig(&ecsConfig{})
	discovery.RegisterConfig(&elasticacheConfig{})
	discovery.RegisterConfig(&lightsailConfig{})
	discovery.RegisterConfig(&mskConfig{})
	discovery.RegisterConfig(&rdsConfig{})
	discovery.RegisterConfig(&azureConfig{})
	discovery.RegisterConfig(&digitaloceanConfig{})
	discovery.RegisterConfig(&dockerConfig{})
	discovery.RegisterConfig(&dockerswarmConfig{})
	discovery.RegisterConfig(&gceConfig{})
	discovery.RegisterConfig(&hetznerConfig{})
	discovery.RegisterConfig(&ionosConfig{})
	discovery.RegisterConfig(&kumaConfig{})
	discovery.RegisterConfig(&linodeConfig{})
	discovery.RegisterConfig(&nomadConfig{})
	discovery.RegisterConfig(&ociConfig{})
	discovery.RegisterConfig(&openstackConfig{})
	discovery.RegisterConfig(&outscaleConfig{})
	discovery.RegisterConfig(&ovhcloudConfig{})
	discovery.RegisterConfig(&scalewayConfig{})
	discovery.RegisterConfig(&stackitConfig{})
	discovery.RegisterConfig(&uyuniConfig{})
	discovery.RegisterConfig(&vultrConfig{})
}

// anything takes whatever is written below its key. Upstream refuses a section that is all zeros.
type anything struct{ taken bool }

func (anything) NewDiscovererMetrics(prometheus.Registerer, discovery.RefreshMetricsInstantiator) discovery.DiscovererMetrics {
	return &discovery.NoopDiscovererMetrics{}
}

func (anything) NewDiscoverer(discovery.DiscovererOptions) (discovery.Discoverer, error) {
	return nil, errors.New("nothing is discovered here")
}

func takeAnything(name string, unmarshal func(any) error) error {
	if key := name + "_sd_configs"; !slices.Contains(unjudged, key) {
		unjudged = append(unjudged, key)
	}
	var value any
	return unmarshal(&value)
}

// The registry wants a type for each key.
type (
	awsConfig          struct{ anything }
	ec2Config          struct{ anything }
	ecsConfig          struct{ anything }
	elasticacheConfig  struct{ anything }
	lightsailConfig    struct{ anything }
	mskConfig          struct{ anything }
	rdsConfig          struct{ anything }
	azureConfig        struct{ anything }
	digitaloceanConfig struct{ anything }
	dockerConfig       struct{ anything }
	dockerswarmConfig  struct{ anything }
	gceConfig          struct{ anything }
	hetznerConfig      struct{ anything }
	ionosConfig        struct{ anything }
	kumaConfig         struct{ anything }
	linodeConfig       struct{ anything }
	nomadConfig        struct{ anything }
	ociConfig          struct{ anything }
	openstackConfig    struct{ anything }
	outscaleConfig     struct{ anything }
	ovhcloudConfig     struct{ anything }
	scalewayConfig     struct{ anything }
	stackitConfig      struct{ anything }
	uyuniConfig        struct{ anything }
	vultrConfig        struct{ anything }
)

func (*awsConfig) Name() string          { return "aws" }
func (*ec2Config) Name() string          { return "ec2" }
func (*ecsConfig) Name() string          { return "ecs" }
func (*elasticacheConfig) Name() string  { return "elasticache" }
func (*lightsailConfig) Name() string    { return "lightsail" }
func (*mskConfig) Name() string          { return "msk" }
func (*rdsConfig) Name() string          { return "rds" }
func (*azureConfig) Name() string        { return "azure" }
func (*digitaloceanConfig) Name() string { return "digitalocean" }
func (*dockerConfig) Name() string       { return "docker" }
func (*dockerswarmConfig) Name() string  { return "dockerswarm" }
func (*gceConfig) Name() string          { return "gce" }
func (*hetznerConfig) Name() string      { return "hetzner" }
func (*ionosConfig) Name() string        { return "ionos" }
func (*kumaConfig) Name() string         { return "kuma" }
func (*linodeConfig) Name() string       { return "linode" }
func (*nomadConfig) Name() string        { return "nomad" }
func (*ociConfig) Name() string          { return "oci" }
func (*openstackConfig) Name() string    { return "openstack" }
func (*outscaleConfig) Name() string     { return "outscale" }
func (*ovhcloudConfig) Name() string     { return "ovhcloud" }
func (*scalewayConfig) Name() string     { return "scaleway" }
func (*stackitConfig) Name() string      { return "stackit" }
func (*uyuniConfig) Name() string        { return "uyuni" }
func (*vultrConfig) Name() string        { return "vultr" }

func (c *awsConfig) UnmarshalYAML(unmarshal func(any) error) error {
	c.taken = true
	return takeAnything(c.Name(), unmarshal)
}
func (c *ec2Config) UnmarshalYAML(unmarshal func(any) error) error {
	c.taken = true
	return takeAnything(c.Name(), unmarshal)
}
func (c *ecsConfig) UnmarshalYAML(unmarshal func(any) error) error {
	c.taken = true
	return takeAnything(c.Name(), unmarshal)
}
func (c *elasticacheConfig) UnmarshalYAML(unmarshal func(any) error) error {
	c.taken = true
	return takeAnything(c.Name(), unmarshal)
}
func (c *lightsailConfig) UnmarshalYAML(unmarshal func(any) error) error {
	c.taken = true
	return takeAnything(c.Name(), unmarshal)
}
func (c *mskConfig) UnmarshalYAML(unmarshal func(any) error) error {
	c.taken = true
	return takeAnything(c.Name(), unmarshal)
}
func (c *rdsConfig) UnmarshalYAML(unmarshal func(any) error) error {
	c.taken = true
	return takeAnything(c.Name(), unmarshal)
}
func (c *azureConfig) UnmarshalYAML(unmarshal func(any) error) error {
	c.taken = true
	return takeAnything(c.Name(), unmarshal)
}
func (c *digitaloceanConfig) UnmarshalYAML(unmarshal func(any) error) error {
	c.taken = true
	return takeAnything(c.Name(), unmarshal)
}
func (c *dockerConfig) UnmarshalYAML(unmarshal func(any) error) error {
	c.taken = true
	return takeAnything(c.Name(), unmarshal)
}
func (c *dockerswarmConfig) UnmarshalYAML(unmarshal func(any) error) error {
	c.taken = true
	return takeAnything(c.Name(), unmarshal)
}
func (c *gceConfig) UnmarshalYAML(unmarshal func(any) error) error {
	c.taken = true
	return takeAnything(c.Name(), unmarshal)
}
func (c *hetznerConfig) UnmarshalYAML(unmarshal func(any) error) error {
	c.taken = true
	return takeAnything(c.Name(), unmarshal)
}
func (c *ionosConfig) UnmarshalYAML(unmarshal func(any) error) error {
	c.taken = true
	return takeAnything(c.Name(), unmarshal)
}
func (c *kumaConfig) UnmarshalYAML(unmarshal func(any) error) error {
	c.taken = true
	return takeAnything(c.Name(), unmarshal)
}
func (c *linodeConfig) UnmarshalYAML(unmarshal func(any) error) error {
	c.taken = true
	return takeAnything(c.Name(), unmarshal)
}
func (c *nomadConfig) UnmarshalYAML(unmarshal func(any) error) error {
	c.taken = true
	return takeAnything(c.Name(), unmarshal)
}
func (c *ociConfig) UnmarshalYAML(unmarshal func(any) error) error {
	c.taken = true
	return takeAnything(c.Name(), unmarshal)
}
func (c *openstackConfig) UnmarshalYAML(unmarshal func(any) error) error {
	c.taken = true
	return takeAnything(c.Name(), unmarshal)
}
func (c *outscaleConfig) UnmarshalYAML(unmarshal func(any) error) error {
	c.taken = true
	return takeAnything(c.Name(), unmarshal)
}
func (c *ovhcloudConfig) UnmarshalYAML(unmarshal func(any) error) error {
	c.taken = true
	return takeAnything(c.Name(), unmarshal)
}
func (c *scalewayConfig) UnmarshalYAML(unmarshal func(any) error) error {
	c.taken = true
	return takeAnything(c.Name(), unmarshal)
}
func (c *stackitConfig) UnmarshalYAML(unmarshal func(any) error) error {
	c.taken = true
	return takeAnything(c.Name(), unmarshal)
}
func (c *uyuniConfig) UnmarshalYAML(unmarshal func(any) error) error {
	c.taken = true
	return takeAnything(c.Name(), unmarshal)
}
func (c *vultrConfig) UnmarshalYAML(unmarshal func(any) error) error {
	c.taken = true
	return takeAnything(c.Name(), unmarshal)
}
