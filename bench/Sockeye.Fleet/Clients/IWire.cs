using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Fleet.Clients;

/// <summary>What a client of one contestant sends.</summary>
internal interface IWire
{
    /// <summary>Says hello on a new connection: its group and its user, "" for none.</summary>
    Task GreetAsync(ConnectionContext connection, string group, string user, CancellationToken cancellationToken);

    /// <summary>A line for the group of the connection.</summary>
    void WriteSay(IBufferWriter<byte> output, string text);

    /// <summary>A line for a user.</summary>
    void WriteAddressed(IBufferWriter<byte> output, string user, string text);
}
