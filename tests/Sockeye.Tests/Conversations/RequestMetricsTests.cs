using Sockeye.Tests.Support;

namespace Sockeye.Tests.Conversations;

[Collection(nameof(Metered))]
public sealed class RequestMetricsTests
{
    private const string Late = "sockeye.requests.late_responses";

    private static readonly Codec<string> Lines = Codec.Lines(maxLength: 64);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Responses_whose_callers_have_left_are_counted(bool isById)
    {
        using var metrics = new Metrics("Sockeye.Messages");
        var before = metrics.SumAnywhere(Late);
        var (client, server) = MemoryConnection.CreatePair();
        var peer = server.AsMessages(Lines);
        await using var requests = client.AsMessages(Lines).AsRequests(rules =>
        {
            if (isById)
                rules.MatchById((request, id) => $"{id}{request}", response => response[0] - '0');
        });
        using var leave = new CancellationTokenSource();
        var left = requests.SendAsync(":a", leave.Token).AsTask();
        Assert.EndsWith(":a", (await peer.ReadAsync(Cancelled)).Message);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left.Within());
        var answered = requests.SendAsync(":b", Cancelled).AsTask();
        Assert.EndsWith(":b", (await peer.ReadAsync(Cancelled)).Message);
        await peer.WriteManyAsync(["1:A", "2:B"], Cancelled);

        Assert.Equal("2:B", await answered.Within());
        Assert.Equal(1, metrics.SumAnywhere(Late) - before);
    }
}
