using System.CommandLine;
using Sockeye.Linux;

namespace Sockeye.Cli;

/// <summary>The options for the transport of <c>sockeye listen</c> and <c>sockeye connect</c>.</summary>
internal static class TransportOptions
{
    public static Option<bool> Trace { get; } = OptionFactory.CreateSwitch(
        "--trace", "Print every call of a socket function on standard error: time, socket, local -> remote, bytes, state.");

    public static Option<bool> Dump { get; } = OptionFactory.CreateSwitch(
        "--dump",
        "Print the data of both directions on standard error, after TLS decryption, as hex and text with times. Danger: that "
            + "includes passwords.");

    public static Option<LinuxEngine?> CreateEngine(string description)
    {
        var engine = OptionFactory.Create<LinuxEngine>(
            "--engine", "engine", description,
            (text, out error) =>
            {
                var engine = EngineNames.Parse(text);
                error = engine is null ? $"\"{text}\" is not an engine. Write {EngineNames.All}." : null;
                return engine;
            });
        engine.CompletionSources.Clear(); // Those are the names of the type's values.
        engine.CompletionSources.Add([.. Enum.GetValues<LinuxEngine>().Select(EngineNames.GetName)]);
        return engine;
    }

    /// <summary>Creates the transport with the options that both commands have.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="sockets">The options that the command has set.</param>
    /// <param name="errors">The output of the trace.</param>
    public static LinuxTransport CreateTransport(
        ParseResult parsed, LinuxEngine engine, SocketTransportOptions sockets, ErrorLines errors)
    {
        SilentPeerOptions.Apply(parsed, sockets);
        if (parsed.GetValue(Trace))
            sockets.OnStep = new TraceWriter(errors).Write;
        try
        {
            return new(new() { Engine = engine, Sockets = sockets });
        }
        catch (InvalidOperationException e)
        {
            throw new CommandException(ExitCodes.WrongUse, e.Message, e); // SOCKEYE_ENGINE is invalid.
        }
    }
}
