using System.Text.Json.Serialization;

namespace AlexNetService.Training.Network;

/// <summary>The element type that a training step computes with. Weights, their update, the loss and checkpoints are float32 in either.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ComputePrecision>))]
public enum ComputePrecision
{
    /// <summary>float32.</summary>
    Fp32,

    /// <summary>bfloat16: the range of float32, 8 bits of precision; on hardware that has it about twice as fast.</summary>
    Bf16,
}
