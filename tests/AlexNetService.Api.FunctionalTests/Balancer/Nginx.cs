using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace AlexNetService.Api.FunctionalTests.Balancer;

/// <summary>Debian's nginx with the files of <c>deploy/nginx</c>, on loopback; only addresses and folders are other ones, and there is no rate limit.</summary>
internal sealed class Nginx : IDisposable
{
    private static readonly string[] Executables = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx"];
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("alexnet-nginx-");
    private readonly Process process;

    /// <summary>Starts it; skips the test where there is none.</summary>
    /// <param name="replicas">Where the replicas listen, or will.</param>
    public Nginx(params Uri[] replicas)
    {
        var executable = Executables.FirstOrDefault(File.Exists);
        Assert.SkipWhen(executable is null, "There is no nginx; on Debian: apt-get install nginx-light.");
        Address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort()}"));
        var deployed = Path.Combine(AppContext.BaseDirectory, "nginx");
        Write("nginx.conf", File.ReadAllText(Path.Combine(deployed, "nginx.conf"))
            .Replace("listen 8080;", $"listen {Address.Authority};", StringComparison.Ordinal)
            .Replace("/tmp/nginx", Path.Combine(folder.FullName, "nginx"), StringComparison.Ordinal));
        Write("limits.conf", "");
        var upstreams = File.ReadAllText(Path.Combine(deployed, "upstreams.conf"));
        for (var i = 0; i < replicas.Length; i++)
        {
            upstreams = upstreams.Replace($"api-{i + 1}:8080", replicas[i].Authority, StringComparison.Ordinal);
        }

        Write("upstreams.conf", upstreams);
        process = Process.Start(executable ?? "", ["-c", Path.Combine(folder.FullName, "nginx.conf"), "-g", "daemon off;"]);
    }

    public Uri Address { get; }

    /// <summary>Waits until it answers.</summary>
    public async Task ListeningAsync(CancellationToken cancellation)
    {
        using var client = new HttpClient { BaseAddress = Address };
        while (!process.HasExited)
        {
            try
            {
                (await client.GetAsync("/balancer/health", cancellation)).Dispose();
                return;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(20, cancellation);
            }
        }

        Assert.Fail("nginx ended; what it said is above.");
    }

    /// <summary>A port that was free a moment ago.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public void Dispose()
    {
        using (var stop = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            stop.WaitForExit();
        }

        process.WaitForExit();
        process.Dispose();
        folder.Delete(recursive: true);
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(folder.FullName, name), text);
}
