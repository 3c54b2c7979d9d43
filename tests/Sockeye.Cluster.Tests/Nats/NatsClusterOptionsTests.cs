using Sockeye.Clustering.Tests.Support;
using Sockeye.Nats;

namespace Sockeye.Clustering.Tests.Nats;

public sealed class NatsClusterOptionsTests
{
    [Theory]
    [InlineData("localhost", "nats://localhost:4222")]
    [InlineData("10.0.0.5:4333", "nats://10.0.0.5:4333")]
    [InlineData("tls://user:secret@nats.example", "tls://nats.example:4222")]
    [InlineData("wss://nats.example:443/path", "wss://nats.example:443")]
    [InlineData("[::1]:4222", "nats://[::1]:4222")]
    public void Address_is_shown_without_credentials_and_with_its_port(string text, string shown) =>
        Assert.Equal(shown, Assert.Single(ServerAddress.ParseList(text, "Url")).ToString());

    [Fact]
    public void Several_addresses_are_separated_by_commas() => Assert.Equal(
        ["nats://a:4222", "nats://b:1"], ServerAddress.ParseList("nats://a, b:1", "Url").Select(server => server.ToString()));

    [Theory]
    [InlineData("", "\"\"")]
    [InlineData("http://a", "http://a")]
    [InlineData("nats://a,", "\"\"")]
    [InlineData("nats://user:secret@a:port", "\"a:port\"")]
    public void Wrong_address_is_named_with_the_way_out_and_without_its_password(string url, string named)
    {
        var error = Assert.Throws<ArgumentException>(() => new NatsClusterOptions { Url = url });

        Assert.Equal("Url", error.ParamName);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Contains("nats://host:port", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".a")]
    [InlineData("a..b")]
    [InlineData("a b")]
    [InlineData("*")]
    public void Wrong_prefix_is_named(string prefix) => Assert.Contains(
        $"\"{prefix}\"", Assert.Throws<ArgumentException>(() => new NatsClusterOptions { SubjectPrefix = prefix }).Message,
        StringComparison.Ordinal);

    [Fact]
    public async Task Start_names_a_file_that_does_not_exist_and_a_function_that_returns_nothing()
    {
        await using var file = new NatsClusterEngine(new NatsClusterOptions
        {
            ConfigureConnection = opts => opts with { AuthOpts = new() { CredsFile = "/nowhere/nats.creds" } },
        });
        await using var nothing = new NatsClusterEngine(new NatsClusterOptions { ConfigureConnection = _ => null! });
        await using var url = new NatsClusterEngine(new NatsClusterOptions
        {
            ConfigureConnection = opts => opts with { Url = "http://a" },
        });

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => TestNode.StartAsync(file, "c", "a"));
        Assert.Contains("AuthOpts.CredsFile", error.Message, StringComparison.Ordinal);
        Assert.Contains("/nowhere/nats.creds", error.Message, StringComparison.Ordinal);
        error = await Assert.ThrowsAsync<InvalidOperationException>(() => TestNode.StartAsync(nothing, "c", "a"));
        Assert.Contains("ConfigureConnection returned null", error.Message, StringComparison.Ordinal);
        error = await Assert.ThrowsAsync<InvalidOperationException>(() => TestNode.StartAsync(url, "c", "a"));
        Assert.Contains("http://a", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Engine_that_has_not_been_started_or_starts_twice_says_so()
    {
        await using var engine = new NatsClusterEngine("127.0.0.1:1");
        Assert.Contains("StartAsync", Assert.Throws<InvalidOperationException>(() => engine.TryAnnounce("x"u8)).Message,
            StringComparison.Ordinal);

        await using var node = await TestNode.StartDisconnectedAsync(engine, "c", "a");

        await Assert.ThrowsAsync<InvalidOperationException>(() => TestNode.StartDisconnectedAsync(engine, "c", "a"));
    }

    [Fact]
    public void Delays_start_short_until_each_server_had_an_attempt_and_grow_to_the_maximum()
    {
        ReconnectDelays delays = new(TimeSpan.FromSeconds(1), servers: 3, new Random(7));

        Assert.All(Enumerable.Range(0, 3), _ => Assert.InRange(
            delays.Next(), ReconnectDelays.Min / 2, ReconnectDelays.Min));
        for (var i = 0; i < 1000; i++)
            delays.Next();
        Assert.InRange(delays.Next(), TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1));
        delays.Reset();
        Assert.InRange(delays.Next(), ReconnectDelays.Min / 2, ReconnectDelays.Min);
    }
}
