using Sockeye.Comparison.Scenarios;
using Sockeye.Comparison.Servers;

namespace Sockeye.Comparison.Load;

/// <summary>The TLS of a client.</summary>
internal enum ClientTls
{
    None,

    /// <summary>Each connection has a full handshake.</summary>
    Full,

    /// <summary>A connection resumes the session of an earlier one, if there is one.</summary>
    Resumed,
}

internal static class ClientTlsOfScenario
{
    public static ClientTls GetTls(this Scenario scenario, ServerMode mode) =>
        mode is not ServerMode.Tls ? ClientTls.None : scenario.ResumesTls ? ClientTls.Resumed : ClientTls.Full;
}
