using System.Text;

namespace Sockeye.Admin;

/// <summary>Answers whether clients should connect to this server, for load balancers and readiness probes.</summary>
internal static class Health
{
    /// <summary>Returns 503 if clients fail, and while the server stops, with one line per cause.</summary>
    public static HttpResponse Answer(ServerLoad load)
    {
        var signs = load.UnplannedSigns.ToList();
        var fails = signs.Any(sign => sign.Level >= 1);
        var text = new StringBuilder(load.IsStopping ? "stopping\n" : fails ? "clients fail\n" : "ok\n");
        if (load.IsStopping)
            text.Append("planned stop: ").Append(DrainText.Describe(load)).Append('\n');
        foreach (var sign in signs)
            text.Append(Names.GetName(sign.Kind)).Append(": ").Append(sign.Description).Append('\n');
        return HttpResponse.Text(load.IsStopping || fails ? 503 : 200, text.ToString());
    }
}
