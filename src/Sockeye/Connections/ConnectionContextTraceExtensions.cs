using System.Diagnostics;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Extends connections with their trace.</summary>
public static class ConnectionContextTraceExtensions
{
    extension(ConnectionContext connection)
    {
        /// <summary>
        /// Gets the activity of the connection, from the source <c>Sockeye</c>. It ends with the connection. Null if no listener
        /// samples it. A server's handler runs with it as <see cref="Activity.Current"/>. Activities of single messages are its
        /// children by default; use its <c>Activity.Context</c> to link them instead.
        /// </summary>
        public Activity? Activity => connection.Features.Get<IConnectionTraceFeature>()?.Activity;
    }
}
