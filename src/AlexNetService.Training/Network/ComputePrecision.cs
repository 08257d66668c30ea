namespace AlexNetService.Training.Network;

/// <summary>The element type of a training step. Weights, their update, the loss and checkpoints are always float32.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ComputePrecision>))]
public enum ComputePrecision
{
    /// <summary>float32.</summary>
    Fp32,

    /// <summary>bfloat16: the range of float32 with 8 bits of precision; about twice as fast on hardware that supports it.</summary>
    Bf16,
}
