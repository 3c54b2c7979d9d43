using System.Buffers;
using System.Text;

namespace Sockeye.Cli;

/// <summary>The buttons of the page.</summary>
internal sealed class PageActions(PageWorld world, Action<string> onFailed)
{
    private const int Many = 3;

    /// <summary>Two more than the queue holds, which is one more than its limit.</summary>
    private const int Overflowing = PageWorld.Backlog + 3;

    /// <summary>Starts an action. Returns a sentence about it, or null if there is no such action.</summary>
    public string? Start(PageRequest request) => request switch
    {
        { Action: "connect" } => world.Connect(1),
        { Action: "connect-many" } => world.Connect(Many),
        { Action: "pause" } => Run(
            world.Accepting.PauseAsync(), "The server no longer calls accept(): clients wait in the queue."),
        { Action: "resume" } => Resume(),
        { Action: "fill" } => Fill(),
        { Action: "reset-all" } => ResetAll(),
        { Action: "send" or "end" or "reset", Port: { } port, Side: PageSide.Client or PageSide.Server } => Start(
            request.Action, world.Find(port), request.Side),
        _ => null,
    };

    private static ReadOnlySequence<byte> Text(string text) => new(Encoding.ASCII.GetBytes(text));

    private string Start(string action, PagePair? pair, string side)
    {
        if ((side == PageSide.Client ? pair?.Client : pair?.Server) is not { IsClosed: false } end)
            return $"This end of the {side} is not open.";
        var name = $"The {side}";
        if (action == "reset")
        {
            end.Reset("reset by its button");
            return $"{name} resets the connection: RST, and both ends are gone.";
        }

        if (end.HasSentEnd)
            return $"{name} has sent FIN, so that it cannot send.";
        return action == "end"
            ? Run(end.EndAsync(), end.HasReceivedEnd
                ? $"{name} calls shutdown(): FIN. Both directions have ended, and its socket is closed."
                : $"{name} calls shutdown(): FIN. It can still receive.")
            : Run(
                end.SendAsync(Text(side == PageSide.Client ? "hello, server" : "news from the server")),
                side == PageSide.Client ? $"{name} sends 13 bytes, which the server sends back." : $"{name} sends 20 bytes.");
    }

    private string Resume()
    {
        world.Accepting.Resume();
        return "The server calls accept() again, until the queue is empty.";
    }

    private string Fill()
    {
        if (world.FindLimit(Overflowing) is { } limit)
            return limit;
        var pausing = world.Accepting.PauseAsync();
        _ = Run(FillAsync(pausing), "");
        return $"The server does not call accept(), and {Overflowing} clients connect. The queue holds {PageWorld.Backlog + 1}.";
    }

    private async Task FillAsync(Task pausing)
    {
        await pausing;
        for (var i = 0; i < Overflowing; i++)
            world.Connect(1);
    }

    private string ResetAll()
    {
        foreach (var end in world.Pairs.SelectMany(pair => pair.Ends))
            end.Reset("reset by its button");
        return "All connections are reset.";
    }

    /// <summary>Lets an action continue in the background, and reports its failure.</summary>
    private string Run(Task action, string sentence)
    {
        _ = ObserveAsync();
        return sentence;

        async Task ObserveAsync()
        {
            try
            {
                await action;
            }
            catch (Exception e) when (e is IOException or InvalidOperationException or OperationCanceledException)
            {
                onFailed(e.Message);
            }
        }
    }
}
