using System.Runtime.CompilerServices;
using Sockeye;

namespace SampleProtocol;

/// <summary>The client's side of the protocol: sends readings until each of them is acknowledged.</summary>
public static class ReadingClient
{
    /// <summary>Sends readings, over as many connections as it takes, and returns each when it is acknowledged.</summary>
    public static async IAsyncEnumerable<Reading> SendAsync(
        SockeyeClient client,
        string host,
        int port,
        IReadOnlyList<Reading> readings,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var acknowledged = 0;
        await foreach (var server in client.ReconnectAsync(host, port, ReadingCodec.Instance, cancellationToken))
        {
            await using var answers = server.ReadAllAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (acknowledged < readings.Count && await TrySendAsync(server, answers, readings[acknowledged]))
                yield return readings[acknowledged++];
            if (acknowledged == readings.Count)
                yield break;
        }
    }

    // Returns false if the connection broke: the reading is sent again on the next one.
    private static async Task<bool> TrySendAsync(
        MessageConnection<Reading> server, IAsyncEnumerator<Reading> answers, Reading reading)
    {
        try
        {
            await server.WriteAsync(reading);
            return await answers.MoveNextAsync() && answers.Current.Number == reading.Number;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
