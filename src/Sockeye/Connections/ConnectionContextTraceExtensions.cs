using System.Diagnostics;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>The trace of a connection.</summary>
public static class ConnectionContextTraceExtensions
{
    extension(ConnectionContext connection)
    {
        /// <summary>
        /// The connection's activity, of the source <c>Sockeye</c>, which ends with the connection; null without a listener,
        /// and where the sampler left it out. A server's handler runs with it as <see cref="Activity.Current"/>. For activities
        /// of single messages, which would be its children by default, <c>Activity.Context</c> makes a link instead.
        /// </summary>
        public Activity? Activity => connection.Features.Get<IConnectionTraceFeature>()?.Activity;
    }
}
