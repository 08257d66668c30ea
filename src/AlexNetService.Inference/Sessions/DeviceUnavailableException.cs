namespace AlexNetService.Inference.Sessions;

/// <summary>The device that the options require does not exist, or this build does not support it.</summary>
/// <param name="device">The device asked for.</param>
/// <param name="reason">Why it cannot be used and what to do, a sentence.</param>
/// <param name="cause">The exception behind it, or null.</param>
public sealed class DeviceUnavailableException(string device, string reason, Exception? cause = null)
    : Exception($"Device '{device}' cannot be used: {reason}", cause)
{
    /// <summary>The device asked for.</summary>
    public string Device { get; } = device;
}
