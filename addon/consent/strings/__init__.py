"""The strings that standards define, decoded: TCF, GPP and its sections, US Privacy, Additional Consent."""
