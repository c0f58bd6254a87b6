"""What is handed over at the end: the results document and the report, from what a session let through.

records ──> Collector ──> results.document ──> JSON          (the contract of the command line)
                     └──> model.build ──> html, pdf, docx, csv  (the report)
"""
