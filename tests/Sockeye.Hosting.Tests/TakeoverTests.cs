using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Sockeye.Hosting.Tests.Support;
using Sockeye.Tests.Support;

namespace Sockeye.Hosting.Tests;

/// <summary>The setting <c>Takeover</c>: a host takes over from another one, which ends.</summary>
[Collection("NOTIFY_SOCKET")] // A takeover reports to the socket of this variable.
public sealed class TakeoverTests : IDisposable
{
    private readonly DirectoryInfo _folder;

    public TakeoverTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Processes pass sockets to each other on Linux.");
        _folder = Directory.CreateTempSubdirectory("sockeye-");
    }

    public void Dispose() => _folder?.Delete(recursive: true);

    [Fact]
    public async Task Host_with_the_same_path_takes_over_and_the_other_one_stops()
    {
        var json = $$"""
            { "Sockeye": { "Takeover": "{{_folder.FullName}}/t", "EndPoints": {
                "a": { "Listen": "127.0.0.1:0", "Handler": "echo" } } } }
            """;
        await using var first = await TestHost.StartAsync(json);
        var endpoint = first.Server.EndPoints[0];
        var stopping = first.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        Assert.False(stopping.IsCancellationRequested);

        await using var second = await TestHost.StartAsync(json);

        Assert.Equal(endpoint, Assert.Single(second.Server.EndPoints));
        await BoundedWait.Until(() => stopping.IsCancellationRequested, "the first host stops");
        await first.StopInOrderAsync();
        await second.AssertEchoesAsync();
        Assert.Equal(TakeoverOutcome.TookOver, Assert.Single(second.Server.Takeovers).Outcome);
        Assert.Equal(TakeoverOutcome.HandedOver, Assert.Single(first.Server.Takeovers).Outcome);
    }

    [Fact]
    public async Task Path_that_no_socket_can_have_is_an_error_of_the_configuration()
    {
        var path = new string('x', 200);
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => TestHost.StartAsync(
            $$"""
            { "Sockeye": { "Takeover": "/run/{{path}}", "EndPoints": {
                "a": { "Listen": "127.0.0.1:0", "Handler": "echo" } } } }
            """));
        Assert.Contains("Sockeye:Takeover", error.Message, StringComparison.Ordinal);
    }
}
