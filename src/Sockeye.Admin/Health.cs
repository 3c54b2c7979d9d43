using System.Text;
using Sockeye.Shared;

namespace Sockeye.Admin;

/// <summary>Whether clients should come here, for those who only ask that: a load balancer, a readiness probe.</summary>
internal static class Health
{
    /// <summary>503 where clients fail already, and while the server is being stopped; in either case a line for each thing that
    /// there is to say.</summary>
    public static HttpResponse Answer(ServerLoad load)
    {
        var signs = load.UnplannedSigns.ToList();
        var fails = signs.Any(sign => sign.Level >= 1);
        var text = new StringBuilder(load.IsStopping ? "stopping\n" : fails ? "clients fail\n" : "ok\n");
        if (load.IsStopping)
            text.Append("planned stop: ").Append(DrainText.Describe(load)).Append('\n');
        foreach (var sign in signs)
            text.Append(Names.Of(sign.Kind)).Append(": ").Append(sign.Description).Append('\n');
        return HttpResponse.Text(load.IsStopping || fails ? 503 : 200, text.ToString());
    }
}
