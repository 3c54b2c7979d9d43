using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Json;

namespace Sockeye.Hosting.Tests.Support;

/// <summary>A configuration that a test writes as JSON, and changes.</summary>
internal sealed class JsonText : JsonStreamConfigurationSource
{
    private readonly Provider _provider;

    public JsonText(string json)
    {
        _provider = new(this);
        _provider.Set(json);
    }

    public override IConfigurationProvider Build(IConfigurationBuilder builder) => _provider;

    public void Change(string json)
    {
        _provider.Set(json);
        _provider.Reload();
    }

    private sealed class Provider(JsonText source) : JsonStreamConfigurationProvider(source)
    {
        public void Set(string json) => Load(new MemoryStream(Encoding.UTF8.GetBytes(json)));

        public void Reload() => OnReload();

        public override void Load()
        {
            // What the test has set is there already.
        }
    }
}
