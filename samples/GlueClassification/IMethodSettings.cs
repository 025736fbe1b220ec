using Microsoft.ML.Eva;

namespace GlueClassification;

/// <summary>What the command line says about the method of adaptation, in both samples.</summary>
internal interface IMethodSettings
{
    string Method { get; }

    int Rank { get; }

    double Alpha { get; }

    double Rho { get; }

    int BatchSize { get; }

    EvaWhitening? Whitening => null;
}
