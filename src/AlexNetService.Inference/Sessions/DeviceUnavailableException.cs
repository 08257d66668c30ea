namespace AlexNetService.Inference.Sessions;

/// <summary>The device that the options require does not exist, or this build does not support it.</summary>
/// <param name="reason">Why it cannot be used and what to do, a sentence.</param>
public sealed class DeviceUnavailableException(string device, string reason, Exception? cause = null)
    : Exception($"Device '{device}' cannot be used: {reason}", cause)
{
    /// <summary>The device asked for.</summary>
    public string Device { get; } = device;
}
