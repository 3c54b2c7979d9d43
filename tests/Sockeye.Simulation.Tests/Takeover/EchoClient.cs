using System.Net.Sockets;
using Sockeye.Simulation.Tests.Systems;
using Sockeye.Testing;

namespace Sockeye.Simulation.Tests.Takeover;

/// <summary>A client that connects, sends lines and checks every answer, again and again.</summary>
internal sealed class EchoClient(SimulatedMachine machine, SimulatedHost host)
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromMinutes(5);

    private readonly Codec<string> _codec = Codec.Lines(maxLength: 100);

    /// <summary>The number of connections that ended before the client ended them.</summary>
    public int LostConnections { get; private set; }

    /// <summary>The number of connections that the client ended after the last answer.</summary>
    public int CompletedVisits { get; private set; }

    public async Task RunAsync(Func<bool> isOver)
    {
        while (!isOver())
        {
            if (await TryConnectAsync() is { } connection)
                await TalkAsync(connection);
            await machine.Network.PauseUpTo(TimeSpan.FromSeconds(2));
        }
    }

    private async Task<MessageConnection<string>?> TryConnectAsync()
    {
        var begun = machine.Network.Elapsed;
        try
        {
            return await machine.Network.ClientOn(host).ConnectAsync("server", SimulatedMachine.Port, _codec);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            machine.Invariants.Check(
                machine.Listener is null || machine.BoundAt >= begun, () => $"a connect failed: {e.Message}");
            return null;
        }
    }

    private async Task TalkAsync(MessageConnection<string> connection)
    {
        try
        {
            await using (connection)
            {
                await using var answers = connection.ReadAllAsync().GetAsyncEnumerator();
                var lines = machine.Network.Random.Next(1, 30);
                for (var line = 1; line <= lines; line++)
                {
                    await connection.WriteAsync($"{line}");
                    var asked = machine.Network.Elapsed;
                    if (!await answers.MoveNextAsync())
                        throw new EndOfStreamException("The server has ended it.");
                    machine.Invariants.Check(
                        answers.Current == $"{line}:{line}", () => $"line {line} got the answer {answers.Current}");
                    machine.Invariants.Check(
                        machine.Network.Elapsed - asked < AnswerTimeout, () => "an answer took minutes");
                    await machine.Network.PauseUpTo(TimeSpan.FromSeconds(1));
                }
            }

            CompletedVisits++;
        }
        catch (IOException)
        {
            LostConnections++;
        }
    }
}
