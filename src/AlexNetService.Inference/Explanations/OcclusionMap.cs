using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Explanations;

/// <summary>How much a class depends on each part of a photograph's centre crop.</summary>
/// <param name="Label">The class.</param>
/// <param name="Probability">Its probability with nothing covered, 0 to 1.</param>
/// <param name="Grid">The places that were covered.</param>
/// <param name="Fill">Red, green and blue of the square: the mean colour of the crop.</param>
/// <param name="Falls">[rows,columns], how much the probability falls where the square is; below 0 where it rises.</param>
/// <param name="Crop">[3,crop,crop], the crop with nothing covered, 0..255, red plane first.</param>
public sealed record OcclusionMap(
    ClassLabel Label,
    float Probability,
    OcclusionGrid Grid,
    ReadOnlyMemory<byte> Fill,
    ReadOnlyMemory<float> Falls,
    ReadOnlyMemory<byte> Crop);
