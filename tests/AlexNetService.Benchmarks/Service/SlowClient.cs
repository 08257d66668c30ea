using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace AlexNetService.Benchmarks.Service;

/// <summary>A client that sends a photograph a few bytes at a time.</summary>
/// <param name="service">The service's address.</param>
/// <param name="picture">The photograph.</param>
/// <param name="bytesPerSecond">Rate of sending.</param>
internal sealed class SlowClient(Uri service, byte[] picture, int bytesPerSecond)
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(250);

    private int begun;
    private int cutOff;

    /// <summary>Number of bodies that were started.</summary>
    public int Begun => begun;

    /// <summary>Number of bodies that the service cut off.</summary>
    public int CutOff => cutOff;

    /// <summary>Sends one body after another until cancelled.</summary>
    public async Task SendAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await BodyAsync(stop);
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                Interlocked.Increment(ref cutOff);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task BodyAsync(CancellationToken stop)
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync(service.Host, service.Port, stop);
        await using var stream = connection.GetStream();
        Interlocked.Increment(ref begun);
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"POST /v1/classify HTTP/1.1\r\nHost: slow\r\nContent-Type: image/jpeg\r\nContent-Length: {picture.Length}\r\n\r\n");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head), stop);
        var some = Math.Max(1, (int)(bytesPerSecond * Step.TotalSeconds));
        for (var sent = 0; sent < picture.Length; sent += some)
        {
            await stream.WriteAsync(picture.AsMemory(sent, Math.Min(some, picture.Length - sent)), stop);
            await Task.Delay(Step, stop);
            if (connection.Client.Poll(0, SelectMode.SelectRead))
            {
                // An answer before the end of the body means that the service cut it off.
                Interlocked.Increment(ref cutOff);
                return;
            }
        }
    }
}
