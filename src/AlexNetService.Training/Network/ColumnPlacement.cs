using TorchSharp;

namespace AlexNetService.Training.Network;

/// <summary>The device of each column. The first device also receives the crops and holds the classifier.</summary>
public sealed record ColumnPlacement(IReadOnlyList<torch.Device> Devices)
{
    /// <summary>Places every column on the CPU.</summary>
    public static ColumnPlacement OnCpu(int columns) => new([.. Enumerable.Repeat(torch.CPU, columns)]);

    /// <summary>Parses a comma-separated list such as <c>cuda:0,cuda:1</c> or <c>cpu,cpu</c>; a single device gets every column.</summary>
    /// <exception cref="InputException">A device is unknown or missing from this machine, or the number of devices is wrong.</exception>
    public static ColumnPlacement Parse(string text, int columns)
    {
        var names = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var devices = names.Select(Device).ToArray();
        return devices.Length == columns ? new ColumnPlacement(devices)
            : devices.Length == 1 ? new ColumnPlacement([.. Enumerable.Repeat(devices[0], columns)])
            : throw new InputException(
                $"'{text}' names {devices.Length} devices for {columns} columns; name one device per column, or one for all columns.");
    }

    /// <summary>Whether a device is CUDA, which copies from page-locked host memory while the host goes on.</summary>
    internal bool UsesCuda => Devices.Any(device => device.type == DeviceType.CUDA);

    /// <inheritdoc/>
    public override string ToString() => string.Join(',', Devices);

    private static torch.Device Device(string name)
    {
        if (name == "cpu")
        {
            return torch.CPU;
        }

        if (name == "cuda")
        {
            name = "cuda:0";
        }

        if (!name.StartsWith("cuda:", StringComparison.Ordinal) || !int.TryParse(name.AsSpan(5), out var index) || index < 0)
        {
            throw new InputException($"'{name}' is not a device; use cpu, cuda:0, cuda:1, ….");
        }

        var available = torch.cuda.is_available() ? torch.cuda.device_count() : 0;
        return index < available
            ? torch.device(DeviceType.CUDA, index)
            : throw new InputException(
                $"{name} is not available: libtorch sees {available} CUDA devices. "
                + "Use --devices cpu, or build with -p:Torch=cuda on a machine that has the device.");
    }
}
