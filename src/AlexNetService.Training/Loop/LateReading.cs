using TorchSharp;
using static TorchSharp.torch;

namespace AlexNetService.Training.Loop;

/// <summary>
/// Numbers that a device computes and the host reads later, after it has queued more work. Their copy is queued at once, behind the work
/// that computes them. TorchSharp has no events, and waiting for the device would wait for the later work too, so the reader watches
/// page-locked memory until the copy arrives there. On a CPU the numbers are there at once.
/// </summary>
internal sealed class LateReading : IDisposable
{
    // Losses and counts are never negative.
    private const float Missing = -1;

    // Longer than any step. After it the reader waits for the device itself, which throws if the device has failed.
    private static readonly TimeSpan LongestWatch = TimeSpan.FromSeconds(10);

    private readonly Tensor host;
    private readonly Device device;

    public LateReading(Tensor numbers)
    {
        using var scope = NewDisposeScope();
        device = numbers.device;
        var missing = tensor(Enumerable.Repeat(Missing, (int)numbers.numel()).ToArray());
        host = (device.type == DeviceType.CUDA ? missing.pin_memory() : missing).DetachFromDisposeScope();
        host.copy_(numbers, nonBlocking: true);
    }

    /// <summary>Waits for the numbers.</summary>
    /// <exception cref="ExternalException">The device failed before it computed them.</exception>
    public float[] Read()
    {
        if (!SpinWait.SpinUntil(IsThere, LongestWatch))
        {
            cuda.synchronize(device);
        }

        return MemoryMarshal.Cast<byte, float>(host.bytes).ToArray();
    }

    public void Dispose() => host.Dispose();

    private bool IsThere()
    {
        foreach (ref var number in MemoryMarshal.Cast<byte, float>(host.bytes))
        {
            // The device writes this memory.
            if (Volatile.Read(ref number) == Missing)
            {
                return false;
            }
        }

        return true;
    }
}
