using System.Net;

namespace Sockeye.Cli;

/// <summary>Networks that one option named, each time it was given.</summary>
internal sealed class NetworkList : List<IPNetwork>;
