using TorchSharp;
using static TorchSharp.torch;

namespace AlexNetService.Training.Network;

/// <summary>
/// Copies between the host and a device that the host does not wait for. CUDA needs page-locked host memory for that. libtorch keeps
/// page-locked memory that it allocated until the copies from it are done.
/// </summary>
internal static class HostTensors
{
    /// <summary>Copies a tensor of the host to a device; on the CPU it gives the tensor itself.</summary>
    public static Tensor Send(Tensor host, Device device) =>
        device.type == DeviceType.CUDA ? host.pin_memory().to(device, non_blocking: true) : host.to(device);
}
