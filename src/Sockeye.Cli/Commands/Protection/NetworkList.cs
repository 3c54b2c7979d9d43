using System.Net;

namespace Sockeye.Cli;

/// <summary>The networks of one repeatable option.</summary>
internal sealed class NetworkList : List<IPNetwork>;
