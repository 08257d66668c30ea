using System.Text.Json.Serialization;

namespace AlexNetService.ModelSpec.Package;

/// <summary>How a package of fewer bits came about, and what it cost. Errors are shares, 0 to 1, with ten crops.</summary>
/// <param name="Precision">What its weights and activations became.</param>
/// <param name="FromName">Name of the package it was made from.</param>
/// <param name="FromVersion">Its version.</param>
/// <param name="FromSha256">SHA-256 of its graph.</param>
/// <param name="CalibrationImages">Photographs that the ranges of the activations were read from; 0 where none are needed.</param>
/// <param name="DataSet">Name of the labelled set that both errors were measured on.</param>
/// <param name="Images">Photographs of it that were measured.</param>
/// <param name="Top1ErrorBefore">Top-1 error of the package it was made from.</param>
/// <param name="Top1ErrorAfter">Top-1 error of this package.</param>
/// <param name="Top5ErrorBefore">Top-5 error of the package it was made from.</param>
/// <param name="Top5ErrorAfter">Top-5 error of this package.</param>
public sealed record Quantization(
    Precision Precision,
    string FromName,
    int FromVersion,
    string FromSha256,
    int CalibrationImages,
    string DataSet,
    int Images,
    double Top1ErrorBefore,
    double Top1ErrorAfter,
    double Top5ErrorBefore,
    double Top5ErrorAfter);

/// <summary>Bits that a package computes in.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Precision>))]
public enum Precision
{
    /// <summary>8-bit weights, a scale an output map; 8-bit activations, a scale a tensor.</summary>
    [JsonStringEnumMemberName("int8")]
    Int8,

    /// <summary>16-bit floats, for devices that have them.</summary>
    [JsonStringEnumMemberName("fp16")]
    Float16,
}
