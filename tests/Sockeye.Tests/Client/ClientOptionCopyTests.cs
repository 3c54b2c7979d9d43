using Sockeye.Tests.Support;

namespace Sockeye.Tests.Client;

/// <summary>A client copies its options: a later change has no effect on it.</summary>
public sealed class ClientOptionCopyTests
{
    private const int Seed = 92;

    [Fact]
    public void Change_of_the_options_after_the_client_was_created_does_not_reach_its_steps() =>
        Simulated.Run(Seed, async world =>
        {
            var timeout = TimeSpan.FromSeconds(3);
            await using var server = await world.Start(ConnectionText.Echo);
            SockeyeClientOptions? options = null;
            var client = world.NewClient(each =>
            {
                options = each;
                each.ConnectTimeout = timeout;
                each.Use(async (connection, cancellationToken) =>
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, world.Time, cancellationToken);
                    return connection;
                });
            });

            options!.ConnectTimeout = TimeSpan.FromSeconds(60);
            options.TimeProvider = TimeProvider.System;
            var began = world.Network.Elapsed;
            var error = await Assert.ThrowsAsync<ConnectException>(
                () => client.ConnectAsync("server", 7000, CancellationToken.None).AsTask());

            Assert.Contains("within 3 s (ConnectTimeout)", error.Message);
            Assert.InRange(world.Network.Elapsed - began, timeout, 2 * timeout);
        });
}
