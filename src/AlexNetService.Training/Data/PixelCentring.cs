using TorchSharp;
using static TorchSharp.torch;

namespace AlexNetService.Training.Data;

/// <summary>
/// Crops as <see cref="BatchFeed"/> fills them → crops as the network reads them: float32, colours shifted, less the mean. Each device
/// gets the pixels once and computes the rest itself, with the same operations on every device. The mean is subtracted from the finished
/// crop, so a mirrored crop and the graph's input get the same mean.
/// </summary>
public sealed class PixelCentring : IDisposable
{
    private readonly IReadOnlyList<Device> devices;
    private readonly Tensor[] means;
    private readonly int crop;

    // A field keeps the Scalar alive: an unreferenced one may be collected while libtorch still reads it.
    private readonly Scalar one = 1.ToScalar();

    /// <summary>Copies the mean colour or mean image to the devices.</summary>
    public PixelCentring(ColourStatistics colours, int crop, ColumnPlacement placement)
    {
        (devices, this.crop) = (placement.Devices, crop);
        using var scope = NewDisposeScope();
        var mean = tensor(ChannelsLast(colours.MeanOfCrop(crop), crop), [crop, 3 * crop]);
        means = [.. devices.Select(device => mean.to(device, copy: true).DetachFromDisposeScope())];
    }

    /// <summary>
    /// Sends a batch to the devices without waiting for them. Page-locked buffers must stay as they are until the devices have read them.
    /// </summary>
    internal Tensor[] Of(Batch batch) => Of(batch.Pixels(), batch.Shifts());

    /// <summary>
    /// Sends crops to the devices without waiting for them: [N,crop,crop,3] bytes or float32, 0..255, and shifts [N,3], on the host →
    /// [N,3,crop,crop] float32 in channels-last memory for each column. Columns on one device share a tensor.
    /// </summary>
    public Tensor[] Of(Tensor pixels, Tensor shifts)
    {
        var crops = new Tensor[devices.Count];
        for (var column = 0; column < crops.Length; column++)
        {
            var first = devices.Index().First(entry => entry.Item.ToString() == devices[column].ToString()).Index;
            crops[column] = first < column ? crops[first] : On(column, pixels, shifts);
        }

        return crops;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Array.ForEach(means, mean => mean.Dispose());
        one.Dispose();
    }

    private Tensor On(int column, Tensor pixels, Tensor shifts)
    {
        using var scope = NewDisposeScope();

        // Rows of 3·crop values: broadcasting over the three channels alone would run loops of three.
        var rows = HostTensors.Send(pixels, devices[column]).view(-1, crop, 3 * crop);
        var shift = HostTensors.Send(shifts, devices[column]).repeat(1, crop).unsqueeze(1);
        return rows.add(shift, one).sub_(means[column]).view(-1, crop, crop, 3).permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }

    /// <summary>[3] or [3,crop,crop] → [crop,crop,3].</summary>
    private static float[] ChannelsLast(IReadOnlyList<double> mean, int crop)
    {
        var (plane, values) = (crop * crop, new float[3 * crop * crop]);
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)mean[mean.Count == 3 ? i % 3 : (i % 3 * plane) + (i / 3)];
        }

        return values;
    }
}
